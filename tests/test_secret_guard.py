"""The secret guard: keys are cut out however they arrive, other text stays, and time grows with length alone."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.secret_guard import LONGEST, Scan, TooLong, keep, scan
from app.secret_patterns import BY_ID, HEX, MIXED, PATTERNS, UPPER, Pattern

KEY = b"a key for tests"
GITHUB = BY_ID["github"].example
OPENAI = BY_ID["openai-project"].example
CUT = "[removed: looks like a GitHub token]"
by_id = pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.id)


def look(text: str) -> Scan:
    return scan(text, key=KEY)


def kinds(text: str) -> list[str]:
    return [found.pattern for found in look(text).found]


@by_id
def test_each_kind_is_cut_out_of_the_sentence_around_it(pattern: Pattern) -> None:
    done = look(f"Hello, this is it: {pattern.example} and thank you.")

    assert pattern.id in [found.pattern for found in done.found]
    assert done.text.startswith("Hello, ") and done.text.endswith(" and thank you.")
    assert f"[removed: looks like {pattern.words}]" in done.text
    assert not any(piece in done.text for piece in (MIXED[8:20], HEX[8:20], UPPER[5:16]))


@by_id
def test_what_is_almost_one_is_left_alone(pattern: Pattern) -> None:
    text = f"Hello, this is it: {pattern.near_miss} and thank you."

    assert look(text) == Scan(text)


@by_id
def test_a_key_that_mail_wrapped_and_quoted_is_found_whole(pattern: Pattern) -> None:
    if not pattern.joins or "\n" in pattern.example or pattern.id in ("authorization", "bearer"):
        return
    for at in range(3, len(pattern.example) - 1, 5):
        wrapped = f"Here:\n> {pattern.example[:at]}\r\n> {pattern.example[at:]}\r\nThanks, Bob"

        done = look(wrapped)

        assert pattern.id in [found.pattern for found in done.found], at
        assert done.text.startswith("Here:\n> ") and done.text.endswith("\r\nThanks, Bob"), at


ARRIVES = {
    "with invisible characters": "\u200b".join(GITHUB),
    "with soft hyphens": GITHUB[:9] + "\u00ad" + GITHUB[9:],
    "behind a byte order mark": "\ufeff" + GITHUB,
    "in full-width letters": "".join(chr(ord(sign) + 0xFEE0) for sign in GITHUB),
    "with the dashes of a word processor": OPENAI.replace("-", "\u2011"),
    "as code": f"`{GITHUB}`",
    "in bold": f"**{GITHUB}**",
    "in curly quotes": f"“{GITHUB}”",
    "as an assignment": f"GITHUB_TOKEN={GITHUB}",
    "percent-encoded": "token%3D" + GITHUB.replace("_", "%5F") + "%26next",
    "escaped by an editor": GITHUB.replace("_", "\\_"),
    "in JSON": '{"log": "line\\n' + GITHUB + '"}',
    "in quoted-printable mail": "key=3D" + OPENAI[:60] + "=\r\n" + OPENAI[60:],
    "over three lines": f"{OPENAI[:50]}\n{OPENAI[50:100]}\n{OPENAI[100:]}",
    "in an address": f"https://x.example/?a=1&token={GITHUB}&b=2",
    "in HTML": f"<b>{GITHUB}</b>",
    "longer than any known": GITHUB * 30,
    "without a space": f"密钥是{GITHUB}谢谢",
    "in a sentence": "my password is " + MIXED[8:32],
    "in capitals beside its secret": "AKIAIOSFODNN7EXAMPLE\nwJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}


@pytest.mark.parametrize("text", ARRIVES.values(), ids=ARRIVES.keys())
def test_it_is_found_however_it_arrives(text: str) -> None:
    done = look(f"See {text} thanks")

    assert done.found
    left = done.text.replace("\u200b", "")
    assert not any(piece in left for piece in (MIXED[20:32], OPENAI[100:112], "bPxRfiCY", "IOSFODNN7"))


def test_two_keys_one_under_the_other_are_two() -> None:
    assert look(f"{GITHUB}\n{OPENAI}\n").text == f"{CUT}\n[removed: looks like an OpenAI key]\n"


def test_the_line_after_a_key_stays() -> None:
    assert look(f"My key is\n{GITHUB}\nThanks, Bob").text == f"My key is\n{CUT}\nThanks, Bob"


def test_the_secret_beside_an_aws_key_id_goes_too_and_a_commit_does_not() -> None:
    commit = HEX[:40]

    assert kinds(f"{UPPER[:3]} {commit}") == []
    assert kinds("AKIA" + UPPER[:16] + " " + commit) == ["aws-key-id"]
    assert kinds("AKIA" + UPPER[:16] + " / " + MIXED[:38] + "/+") == ["aws-key-id", "aws-secret-beside"]


PROSE = [
    "The task-force will risk-assess disk-usage-monitoring-of-the-archive today.",
    "We use sk-learn-based-classification-of-2-kinds.",
    "123e4567-e89b-12d3-a456-426614174000",
    "Commit da39a3ee5e6b4b0d3255bfef95601890afd80709 broke it.",
    "Order 4711-2026-000123, invoice KW-2026-1183, case LO-7K3M-9QXD",
    "IBAN DE89 3704 0044 0532 0130 00 and DE89370400440532013000",
    "SGVsbG8gV29ybGQhIFRoaXMgaXMgYSB0ZXN0",
    "https://example.com/a/very/long/path/0123456789abcdef0123456789abcdef?x=y&z=1#fragment",
    "https://medium.com:443/@user/post and http://localhost:8000/a@b",
    "Web: https://acme.example\nE-Mail:bob@acme.example\nTel:+49 30 1234567",
    "git@github.com:leenops/app.git and ssh://git@github.com:22/x",
    "I forgot my password: it was long. The token: it never came. Secret: none.",
    "Bearer bonds are not accepted since 2026-06-13",
    "sha256:" + HEX[:64],
    "+49 (30) 1234 5678, 10:30, AA-12",
    "كلمة السر 密码 пароль",
]
STAND_INS = [
    "sk-" + "x" * 40,
    "ghp_" + "x" * 36,
    "AKIA" + "X" * 16,
    "sk-proj-your-api-key-goes-here",
    "OPENAI_API_KEY=sk-...abcd",
    "api key: your-api-key-here-123",
    "postgres://user:password@localhost",
    "postgres://user:password@localhost:5432/app",
    "postgres://app:${DB_PASSWORD}@db.internal/app",
    "mysql://root:<password>@db.internal/app",
    "amqp://guest:guest@localhost:5672",
    "redis://:****@cache.internal:6379/0",
]


EVIDENCE = [
    f"https://evil.example/login?token={MIXED[:18]}",
    f"They came to http://evil.example:8080/a/b.php?x=1&session_token={HEX[:20]}&y=2 today.",
    f"evil.example/verify?token={HEX[:24]}",
    f"See\nhttps://evil.example/?token={MIXED[:20]}\nand act.",
    f"(https://evil.example/?token={MIXED[:20]})",
    f"https://evil.example/r?to=https%3A%2F%2Fbank.example%3Ftoken%3D{MIXED[:18]}",
    "https://evil.example/login?token=" + "abc123" * 8,
]


@pytest.mark.parametrize("text", EVIDENCE)
def test_a_small_token_in_the_address_of_a_page_is_evidence(text: str) -> None:
    assert look(text) == Scan(text)


@pytest.mark.parametrize(
    "text",
    [
        f"https://evil.example/login?token={MIXED[:44]}",
        f"https://evil.example/login?token={HEX[:40]}",
        f"https://evil.example/login?token={GITHUB}",
        f"https://api.example/v1?api_key={MIXED[:20]}",
        f"https://api.example/v1?access_token={MIXED[:20]}",
        f"https://api.example/v1?client_secret={MIXED[:20]}",
        f"https://api.example/v1?secret={MIXED[:20]}",
        f"https://api.example/v1 token={MIXED[:20]}",
        f"What?token={MIXED[:20]}",
        f"https://evil.example/?a=1\ntoken={MIXED[:20]}",
        f"https://evil.example/#token={MIXED[:20]}",
    ],
)
def test_what_is_too_good_for_evidence_or_in_no_address_is_cut_out(text: str) -> None:
    assert look(text).found


@pytest.mark.parametrize("text", PROSE + STAND_INS)
def test_what_is_no_secret_stays_as_it_was(text: str) -> None:
    assert look(text) == Scan(text)


@pytest.mark.parametrize(
    "text",
    ["postgres://user:password@db.fennelrye.example/app", "redis://:s3cret@cache:6379/0", "amqp://u:p@ss/w0rd@mq.x/v"],
)
def test_a_password_for_a_real_host_is_no_stand_in(text: str) -> None:
    assert kinds(text) == ["database-url"]


def test_a_private_key_without_its_end_is_cut_as_far_as_it_goes() -> None:
    text = "-----BEGIN RSA " + "PRIVATE KEY-----\n" + MIXED[:64] + "\n" + MIXED[:31] + "\nThanks and bye"

    assert look(text).text == "[removed: looks like a private key]\nThanks and bye"


def test_what_is_kept_of_a_find_holds_nothing_of_it() -> None:
    found = look(f"a {GITHUB}").found[0]

    assert (found.pattern, found.length, len(found.fingerprint)) == ("github", len(GITHUB), 64)
    assert GITHUB not in repr(found)


def test_the_same_key_has_the_same_fingerprint_however_it_arrives_and_under_another_key_none_of_it() -> None:
    plain, wrapped = look(GITHUB).found[0], look(GITHUB[:20] + "\r\n" + GITHUB[20:]).found[0]

    assert plain == wrapped
    assert scan(GITHUB, key=b"another").found[0].fingerprint != plain.fingerprint


def test_the_key_of_the_fingerprints_is_not_the_secret_key_itself(app) -> None:
    secret = app.config["SETTINGS"].secret_key

    assert scan(GITHUB).found[0].fingerprint != scan(GITHUB, key=secret.encode()).found[0].fingerprint


def test_finds_are_written_down_without_the_text(db) -> None:
    keep(look(f"{GITHUB} {OPENAI}").found, place="contact")

    rows = db.session.execute(db.text("SELECT * FROM secret_findings")).all()
    assert [row.pattern for row in rows] == ["github", "openai-project"]
    assert GITHUB not in str(rows) and OPENAI not in str(rows)


def test_what_is_too_long_is_not_read() -> None:
    with pytest.raises(TooLong) as refused:
        look(GITHUB + "a" * LONGEST)

    assert str(refused.value) == ""


@given(st.text(alphabet=st.sampled_from("sk-ghp_AKIA://:@%3D\\\n\r> =abc123XYZ\u200bｓ．\ud800\x00"), max_size=400))
def test_nothing_that_is_typed_breaks_it_and_what_comes_out_is_clean(text: str) -> None:
    assert look(look(text).text).found == ()


HOSTILE = ["a", "ab ", "\n", "a\n", "é", "\u200b", "%41", "=\n", "⒇", "sk-", "xsk-", "://", "a://b:", "postgres://a:"]
HOSTILE += [
    "eyJ",
    "eyJa.eyJ",
    "-----BEGIN PRIVATE" + " KEY-----a",
    "sv=a&",
    "x\n> ",
    "password: ",
    "token=a",
    "a.",
    "twilio ",
]


@pytest.mark.parametrize(
    "seeds", [HOSTILE, [p.near_miss + "\n" for p in PATTERNS], ["x" + p.example for p in PATTERNS]]
)
def test_twice_the_text_takes_no_more_than_about_twice_the_time(seeds: list[str]) -> None:
    for seed in seeds:
        ratios = []
        for _ in range(3):
            ratios.append(_seconds(seed, 10_000) / max(_seconds(seed, 5_000), 0.005))
            if ratios[-1] <= 3:
                break
        assert min(ratios) <= 3, seed


def test_a_hundred_thousand_hostile_characters_are_read_in_seconds() -> None:
    slowest = max(_seconds(seed, LONGEST) for seed in (OPENAI[:17] + "\n", "⒇", "a://b:", GITHUB, "eyJa.eyJ"))

    assert slowest < 10


def _seconds(seed: str, length: int) -> float:
    """CPU time, which a busy machine does not lengthen."""
    text = (seed * (length // len(seed) + 1))[:length]
    began = time.process_time()
    look(text)
    return time.process_time() - began
