"""What keys and secrets look like: the table that the secret guard reads. Data only; app/secret_guard.py has the rules.

Every repetition has an upper bound. No pattern says what may stand before it: the guard itself looks whether a match
begins where a word begins, because in a text whose lines were joined only the guard knows. Specific patterns stand
before general ones: the first that fits names the find. Examples are made up of the tails below, so that no line of
this repository looks like a key.
"""

from dataclasses import dataclass
from enum import StrEnum


class Home(StrEnum):
    """Where such a secret belongs."""

    MODEL_KEYS = "model_keys"
    """The Model keys page of the workspace."""
    WITH_ITS_OWNER = "with_its_owner"
    """Nowhere with us: LeenOps never asks for one."""
    REMEMBERED = "remembered"
    """Nowhere with us either: a password, which is changed and not revoked."""


@dataclass(frozen=True)
class Pattern:
    """One kind of secret."""

    id: str
    words: str
    """As a person reads it, after "looks like": "an OpenAI key"."""
    regex: str
    """The group `value`, where there is one, is what is cut out; otherwise all of it. A URL names `password` and `host`.
    What matches with the group `evidence` is left alone when it is small and in the query of a web address."""
    example: str
    near_miss: str
    """Almost the same, and left alone."""
    home: Home = Home.WITH_ITS_OWNER
    exact: bool = False
    """The match must also end where a word ends."""
    joins: bool = True
    """Looked for across line breaks too."""
    needs: str = ""
    """Counts only where this is found in the same text as well."""


MIXED = "q7Rk2mWv9XtB4nZc8LpD3sHf6GyJ1aTe5UiKx0oQw7Er2Ty9Ui4Op8As3Df6Gh1Jk5Lz0Xc"
HEX = "4f9c2e7a1b8d3056e9a4c7f2b1d86035" * 4
UPPER = "Q7RK2MWVX4TBNZC6LPD3SHFGYJA5TEUIK2OQW7ERTY" * 2
LONG = MIXED * 8
_MODEL = Home.MODEL_KEYS
_IS = r"""(?:["'`\s:=>,]|\bis\b){1,12}"""
"""What stands between the name of a secret and its value."""
_DIGIT = r"(?=[A-Za-z_./+~-]{0,80}\d)"
_DIGITS = r"(?=[A-Za-z_./+~-]{0,80}\d[A-Za-z_./+~-]{0,80}\d)"
_DATABASES = (
    r"(?i:postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|valkeys?|amqps?|mssql|sqlserver|clickhouse|cockroachdb|smtps?"
    r"|ldaps?|kafka|nats)(?:\+[A-Za-z0-9]{1,20})?"
)

PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        "private-key",
        "a private key",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:(?:[^-]{1,5000}+|-(?!----)){0,5000}+-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"|(?:[\s>|\"]{0,40}+[A-Za-z0-9+/=]{16,200}+){0,1000}+)",
        "-----BEGIN OPENSSH " + "PRIVATE KEY-----\n" + LONG[:70] + "\n" + LONG[70:120] + "=\n"
        "-----END OPENSSH PRIVATE KEY-----",
        "-----BEGIN PUBLIC " + "KEY-----\n" + LONG[:64] + "\n-----END PUBLIC KEY-----",
    ),
    Pattern(
        "age-key", "an age key", r"AGE-SECRET-KEY-1[0-9A-Za-z]{50,64}", "AGE-SECRET-KEY-1" + UPPER[:58], "age1" + UPPER[:58].lower()
    ),
    Pattern(
        "anthropic", "an Anthropic key", r"sk-ant-[A-Za-z0-9_-]{20,220}", "sk-ant-" + "api03-" + LONG[:93] + "AA",
        "sk-ant-" + MIXED[:12], _MODEL,
    ),
    Pattern(
        "openrouter", "an OpenRouter key", r"sk-or-(?:v\d-)?[A-Za-z0-9]{24,128}", "sk-or-" + "v1-" + HEX[:64], "sk-or-v1-" + HEX[:12],
        _MODEL,
    ),
    Pattern(
        "openai-project", "an OpenAI key", r"sk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,220}",
        "sk-" + "proj-" + LONG[:74] + "_T3BlbkFJ" + LONG[:60], "sk-proj-" + MIXED[:9], _MODEL,
    ),
    Pattern(
        "openai", "an OpenAI key", r"sk-(?:(?=[a-z]{0,80}[A-Z0-9])[A-Za-z0-9]{20,220}|[a-z]{40,220})",
        "sk-" + MIXED[:20] + "T3BlbkFJ" + MIXED[20:40], "sk-learn-based-classification", _MODEL,
    ),
    Pattern(
        "sk-key", "an API key", "sk-" + _DIGITS + r"[A-Za-z0-9_-]{20,220}", "sk-" + "lf-" + HEX[:8] + "-" + HEX[8:30],
        "sk-nuclear-families-of-the-seventies", _MODEL,
    ),
    Pattern(
        "google", "a Google API key", r"AIza[A-Za-z0-9_-]{33,60}", "AIza" + MIXED[:35], "AIza" + MIXED[:20], _MODEL
    ),
    Pattern(
        "gemini", "a Gemini key", r"AQ\.Ab[A-Za-z0-9_-]{36,120}", "AQ." + "Ab8RN6" + MIXED[:44], "AQ.Ab" + MIXED[:12], _MODEL
    ),
    Pattern("groq", "a Groq key", r"gsk_[A-Za-z0-9]{30,120}", "gsk_" + MIXED[:52], "gsk_" + MIXED[:12], _MODEL),
    Pattern(
        "huggingface", "a Hugging Face token", r"(?:hf|api_org)_[A-Za-z0-9]{30,100}", "hf_" + MIXED[:34], "hf_" + MIXED[:16], _MODEL
    ),
    Pattern("xai", "an xAI key", r"xai-[A-Za-z0-9]{40,120}", "xai-" + LONG[:80], "xai-" + MIXED[:20], _MODEL),
    Pattern(
        "perplexity", "a Perplexity key", r"pplx-[A-Za-z0-9]{40,100}", "pplx-" + MIXED[:48], "pplx-" + MIXED[:20], _MODEL
    ),
    Pattern("replicate", "a Replicate token", r"r8_[A-Za-z0-9]{36,60}", "r8_" + MIXED[:37], "r8_" + MIXED[:12], _MODEL),
    Pattern(
        "model-provider", "a model provider's key",
        r"(?i:mistral|cohere|together|fireworks|deepseek|voyage|azure[ _-]?openai)(?i:[ _-]?ai)?(?i:[ _-]?api)?[ _-]?(?i:key|token)"
        + _IS + r"(?P<value>" + _DIGIT + r"[A-Za-z0-9]{32,84})",
        "MISTRAL_API_KEY=" + MIXED[:32], "Mistral key " + MIXED[:16], _MODEL,
    ),
    Pattern(
        "aws-key-id", "an AWS access key id", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}", "AKIA" + UPPER[:16], "AKIA" + UPPER[:11],
        exact=True,
    ),
    Pattern(
        "aws-secret", "an AWS secret key",
        r"(?i:aws[ _.-]?secret(?:[ _.-]?access)?(?:[ _.-]?key)?|secret[ _.-]?access[ _.-]?key)(?i:[ _-]?id)?" + _IS
        + r"(?P<value>[A-Za-z0-9/+]{40})",
        "aws_secret_access_key = " + MIXED[:28] + "/bPxRfiCYz+k", "AWS secret key " + MIXED[:30], exact=True,
    ),
    Pattern(
        "aws-secret-beside", "an AWS secret key", r"(?=[a-z0-9/+]{0,39}[A-Z])(?=[A-Z0-9/+]{0,39}[a-z])[A-Za-z0-9/+]{40}",
        "AKIA" + UPPER[:16] + ":" + MIXED[:28] + "/bPxRfiCYz+k", "commit " + HEX[:40], exact=True,
        needs=r"(?:AKIA|ASIA)[A-Z0-9]{16}",
    ),
    Pattern(
        "gcp-service-account", "a Google service account key", r'"private_key_id"\s{0,4}:\s{0,4}"(?P<value>[0-9a-f]{40})"',
        '{"private_key_id": "' + HEX[:40] + '"}', '{"project_id": "' + HEX[:40] + '"}',
    ),
    Pattern(
        "google-oauth", "a Google OAuth secret", r"(?:ya29\.[A-Za-z0-9_-]{20,500}|GOCSPX-[A-Za-z0-9_-]{24,40}|1//0[A-Za-z0-9_-]{30,200})",
        "GOCSPX-" + MIXED[:28], "GOCSPX-" + MIXED[:9],
    ),
    Pattern(
        "azure-storage", "an Azure storage key", r"(?i:AccountKey|SharedAccessKey)\s{0,2}=\s{0,2}(?P<value>[A-Za-z0-9+/]{40,90}={0,2})",
        "AccountName=shop;Account" + "Key=" + LONG[:86] + "==", "AccountKey=" + MIXED[:20],
    ),
    Pattern(
        "azure-sas", "an Azure access signature", r"(?:sv|se|sp)=[^\s&\"'<>]{1,60}&(?:[^\s\"'<>]{0,300}&)?sig=(?P<value>[A-Za-z0-9%+/=]{30,120})",
        "?sv=2024-11-04&sp=r&sig=" + MIXED[:42] + "%3D", "?sv=2024-11-04&sig=" + MIXED[:8],
    ),
    Pattern(
        "azure-client-secret", "an Azure client secret", r"[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}", "a1B" + "8Q~" + MIXED[:34],
        "a1B8Q~" + MIXED[:16],
    ),
    Pattern("github", "a GitHub token", r"gh[pousr]_[A-Za-z0-9]{34,255}", "ghp_" + MIXED[:36], "ghp_" + MIXED[:20]),
    Pattern(
        "github-fine-grained", "a GitHub token", r"github_pat_[A-Za-z0-9_]{50,255}", "github_" + "pat_" + MIXED[:22] + "_" + MIXED[:59],
        "github_pat_" + MIXED[:22],
    ),
    Pattern(
        "gitlab", "a GitLab token", r"(?:gl(?:pat|dt|ptt|rt|rtr|soat|cbt|ft|agent|imt|oas|ffct)-|GR1348941)[A-Za-z0-9_.-]{20,300}",
        "glpat-" + MIXED[:20], "glpat-" + MIXED[:11],
    ),
    Pattern(
        "service-token", "an access token",
        r"(?:sbp_|sb_secret_|nvapi-|pcsk_|csk-|tvly-|lsv2_(?:pt|sk)_|tgp_v1_|fw_|jina_|figd_|glsa_|glc_|sntry[su]_|NRAK-|HRKU-"
        r"|nfp_|dp\.pt\.|pscale_(?:tkn|pw)_|pul-|sq[up]_|rubygems_|pat-(?:eu|na)\d-|fm2_)" + _DIGIT + r"[A-Za-z0-9_.=-]{20,200}",
        "sbp_" + HEX[:40], "sbp_" + HEX[:12],
    ),
    Pattern(
        "slack-webhook", "a Slack webhook address",
        r"(?:https?://)?hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,200}",
        "https://hooks.slack" + ".com/services/T" + UPPER[:9] + "/B" + UPPER[:9] + "/" + MIXED[:24], "https://hooks.slack.com/services/",
    ),
    Pattern(
        "slack", "a Slack token", r"(?:xox[a-z](?:\.xox[a-z])?|xapp)-\d[A-Za-z0-9-]{14,250}", "xoxb-" + "2406183157-" + MIXED[:24],
        "xoxb-" + MIXED[1:7],
    ),
    Pattern(
        "stripe", "a Stripe key", r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,250}", "sk_" + "live_" + MIXED[:24], "pk_live_" + MIXED[:24]
    ),
    Pattern(
        "signing-secret", "a webhook signing secret", r"whsec_[A-Za-z0-9+/=_-]{24,120}", "whsec_" + MIXED[:43] + "=", "whsec_" + MIXED[:10]
    ),
    Pattern("twilio", "a Twilio key", r"SK[0-9a-f]{32}", "SK" + HEX[:32], "AC" + HEX[:32], exact=True),
    Pattern(
        "twilio-token", "a Twilio auth token", r"[0-9a-f]{32}", "twilio " + HEX[:32], "checksum " + HEX[:32], exact=True,
        joins=False, needs=r"(?i:twilio)|AC[0-9a-f]{32}",
    ),
    Pattern(
        "sendgrid", "a SendGrid key", r"SG\.[A-Za-z0-9_-]{16,40}\.[A-Za-z0-9_-]{16,80}", "SG." + MIXED[:22] + "." + MIXED[:43],
        "SG." + MIXED[:22],
    ),
    Pattern(
        "mailgun", "a Mailgun key", r"(?:key-[0-9a-f]{32}|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})", "key-" + HEX[:32], "key-" + HEX[:12],
        exact=True,
    ),
    Pattern("mailchimp", "a Mailchimp key", r"[0-9a-f]{32}-us\d{1,2}", HEX[:32] + "-us21", HEX[:12] + "-us21", exact=True),
    Pattern(
        "brevo", "a Brevo key", r"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}", "xkeysib-" + HEX[:64] + "-" + MIXED[:16], "xkeysib-" + HEX[:20]
    ),
    Pattern("npm", "an npm token", r"npm_[A-Za-z0-9]{36,100}", "npm_" + MIXED[:36], "npm_" + MIXED[:14]),
    Pattern("pypi", "a PyPI token", r"pypi-[A-Za-z0-9_-]{50,400}", "pypi-" + "AgEIcHlwaS5vcmc" + LONG[:90], "pypi-" + MIXED[:20]),
    Pattern(
        "docker", "a Docker token", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,100}", "dckr_" + "pat_" + MIXED[:27], "dckr_pat_" + MIXED[:9]
    ),
    Pattern("digitalocean", "a DigitalOcean token", r"do[opr]_v1_[0-9a-f]{64}", "dop_" + "v1_" + HEX[:64], "dop_v1_" + HEX[:20]),
    Pattern(
        "cloudflare", "a Cloudflare token",
        r"(?:v1\.0-[0-9a-f]{24}-[0-9a-f]{100,200}|cf(?:ut|at|k)_[A-Za-z0-9_-]{36,80}"
        r"|(?i:cloudflare)[ _-]?(?i:global)?[ _-]?(?i:api)?[ _-]?(?i:key|token)" + _IS + r"(?P<value>" + _DIGIT + r"[A-Za-z0-9_-]{37,45}))",
        "CLOUDFLARE_API_TOKEN=" + MIXED[:40], "Cloudflare token " + MIXED[:12],
    ),
    Pattern("shopify", "a Shopify token", r"shp(?:at|ca|pa|ss|tka)_[0-9a-fA-F]{32}", "shpat_" + HEX[:32], "shpat_" + HEX[:10]),
    Pattern(
        "square", "a Square token", r"(?:sq0[a-z]{3}-[A-Za-z0-9_-]{22,60}|EAAA[A-Za-z0-9_-]{60})", "sq0" + "atp-" + MIXED[:22],
        "sq0atp-" + MIXED[:9],
    ),
    Pattern("telegram", "a Telegram bot token", r"\d{8,10}:AA[A-Za-z0-9_-]{33}", "1234567890" + ":AA" + MIXED[:33], "12345678:AA" + MIXED[:9], exact=True),
    Pattern(
        "discord", "a Discord token",
        r"(?:[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,45}"
        r"|(?:https?://)?(?:\w{1,10}\.)?discord(?:app)?\.com/api/(?:v\d{1,2}/)?webhooks/\d{15,22}/[A-Za-z0-9_-]{30,100})",
        "M" + MIXED[:23] + "." + MIXED[:6] + "." + MIXED[:38], "M" + MIXED[:23] + "." + MIXED[:6],
    ),
    Pattern("linear", "a Linear key", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,100}", "lin_" + "api_" + MIXED[:40], "lin_api_" + MIXED[:12]),
    Pattern("notion", "a Notion token", r"(?:secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{40,60})", "ntn_" + MIXED[:46], "ntn_" + MIXED[:12]),
    Pattern(
        "atlassian", "an Atlassian token", r"AT(?:ATT|CTT|STT|BB)" + _DIGIT + r"[A-Za-z0-9_=+/.-]{24,300}", "ATATT" + "3xFfGF0" + LONG[:170],
        "ATATT" + MIXED[:12],
    ),
    Pattern("postman", "a Postman key", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}", "PMAK-" + HEX[:24] + "-" + HEX[:34], "PMAK-" + HEX[:24]),
    Pattern("databricks", "a Databricks token", r"dapi[0-9a-f]{32}(?:-\d)?", "dapi" + HEX[:32], "dapi" + HEX[:14]),
    Pattern("vault", "a Vault token", r"hv[sbr]\.[A-Za-z0-9_-]{24,300}", "hvs." + LONG[:90], "hvs." + MIXED[:10]),
    Pattern(
        "leenops-link", "a link that works once",
        r"(?:https?://[A-Za-z0-9.:-]{1,100})?/(?:reset-password|verify-email|invites)/[A-Za-z0-9_-]{43}(?:/register)?",
        "https://leenops.example/reset-password/" + MIXED[:43], "https://leenops.example/reset-password/" + MIXED[:20],
    ),
    Pattern(
        "jwt", "a signed token (JWT)", r"eyJ[A-Za-z0-9_-]{10,400}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000}",
        "eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0." + MIXED[:43], "eyJ" + MIXED[:20] + ".eyJ" + MIXED[:20],
    ),
    Pattern(
        "database-url", "a connection string with its password",
        _DATABASES + r"://[^\s:/@\"'<>]{0,100}:(?P<password>[^\s\"'<>]{1,200})@(?P<host>[A-Za-z0-9_.\[\]-]{1,200})[^\s\"'<>]{0,300}",
        "postgres://ada:" + "hunter2-kestrel@db.fennelrye.example:5432/orders", "postgres://user:password@localhost:5432/app", Home.REMEMBERED,
    ),
    Pattern(
        "url-password", "an address with its password",
        r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s:/@\"'<>]{0,100}:(?P<password>[^\s/@\"'<>]{1,200})@(?P<host>[A-Za-z0-9_.\[\]-]{1,200})[^\s\"'<>]{0,300}",
        "https://ada:" + "hunter2-kestrel@git.fennelrye.example/x.git", "https://fennelrye.example:8443/@ada", Home.REMEMBERED, joins=False,
    ),
    Pattern(
        "authorization", "a sign-in header",
        r"(?i:authorization)[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?i:basic|bearer|token|apikey)\s{1,3}(?P<value>[A-Za-z0-9+/._~-]{8,2000}={0,2})",
        "Authorization: Basic " + "YWRhOmh1bnRlcjIta2VzdHJlbA==", "Authorization: Basic realm",
    ),
    Pattern(
        "bearer", "a bearer token", r"(?i:bearer)\s{1,3}(?P<value>" + _DIGITS + r"[A-Za-z0-9._~+/-]{20,2000}={0,2})", "Bearer " + MIXED[:40],
        "Bearer of good news since the seventies",
    ),
    Pattern(
        "named-secret", "a key or token",
        r"(?i:(?:api|access|auth|private|secret|client|signing|encryption|master|service|bot|refresh)[ _-]?(?:key|token|secret)|(?P<evidence>token)|secret)"
        r"[\"'`*]{0,3}\s{0,3}[:=]\s{0,3}[\"'`]{0,3}(?P<value>" + _DIGIT + r"[A-Za-z0-9_./+=~-]{16,300})",
        "DEEPL_API_KEY=" + MIXED[:30], "Secret: the biscuits are from the bakery downstairs",
    ),
    Pattern(
        "password", "a password",
        r"(?i:password|passwd|passphrase|passcode|passwort|kennwort|pwd)[\"'`*]{0,3}(?:\s{0,3}[:=]|\s{1,3}is)\s{0,3}[\"'`]{0,3}"
        r"(?!https?:)(?P<value>(?=[^\s\"'`<>\d]{0,100}\d)[^\s\"'`<>]{6,128})",
        "Password: " + "hunter2-kestrel", "Password: I forgot it, 2 times", Home.REMEMBERED, joins=False,
    ),
)  # fmt: skip
BY_ID = {pattern.id: pattern for pattern in PATTERNS}
