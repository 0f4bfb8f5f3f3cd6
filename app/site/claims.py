"""What we claim about security, how it is done, and the check that anyone with the source can run.

A check is a test, `file::name`, or a command of `bin/flask`. tests/site/test_security.py fails when one is gone.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    says: str
    how: str
    checks: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    key: str
    title: str
    claims: tuple[Claim, ...]


AGENTS = Group(
    "agents",
    "Agents",
    (
        Claim(
            "What needs a person waits for a person.",
            "Rules are read before every action, by code outside the model. Nothing an agent reads can change them.",
            ("tests/runs/test_engine.py::test_an_action_that_needs_a_person_waits_without_a_worker",),
        ),
        Claim(
            "An approval counts for one exact action.",
            "It is bound to the SHA-256 of agent version, tool, target and arguments, and compared again before "
            "acting. When the rules or the agent changed in between, people are asked again.",
            (
                "tests/approvals/test_digest.py::test_another_amount_is_another_digest",
                "tests/runs/test_engine.py::test_a_changed_rule_voids_an_approval_and_asks_again",
            ),
        ),
        Claim(
            "An approval is used once, whoever presses at the same moment.",
            "One conditional update uses it up, in the transaction that starts the action.",
            (
                "tests/faults/test_deciding_at_once.py::test_of_24_simultaneous_approvers_one_wins_and_one_refund_is_booked",
            ),
        ),
        Claim(
            "Nobody approves what they started, and two people are two people.",
            "Who started a run cannot decide on its cards; each person counts once.",
            (
                "tests/approvals/test_deciding.py::test_nobody_approves_their_own_request",
                "tests/approvals/test_deciding.py::test_two_people_are_two_people",
            ),
        ),
        Claim(
            "Silence denies.",
            "A card that nobody decides expires, and the action is not done.",
            ("tests/approvals/test_deciding.py::test_an_expired_card_denies_and_says_so",),
        ),
        Claim(
            "An agent has the tools it was given and no others.",
            "Other tools are not offered to the model, and refused if it asks for them.",
            ("tests/runs/test_engine.py::test_a_tool_the_version_was_not_given_is_unknown_to_it",),
        ),
        Claim(
            "An action that was cut off is not repeated blindly.",
            "Each one is written down before it starts. After a crash, what cannot be proved is asked on a card.",
            ("tests/faults/test_worker_killed.py::test_mail_cut_off_in_the_middle_is_not_sent_again_but_asked_about",),
        ),
    ),
)
KEYS = Group(
    "keys",
    "Model keys",
    (
        Claim(
            "A key is sealed, and opens only where it belongs.",
            "AES-256-GCM, bound to the workspace and the row. Moved to another one, it stays shut.",
            ("tests/keys/test_vault.py::test_moved_to_another_place_it_stays_shut",),
        ),
        Claim(
            "A key is never shown again.",
            "You see its last four characters and a fingerprint. No table holds the key itself.",
            ("tests/keys/test_services.py::test_no_table_holds_the_key",),
        ),
        Claim(
            "Disabling a key deletes it.",
            "What was sealed is gone in the same step, and no call is made with it any more.",
            ("tests/keys/test_services.py::test_a_disabled_key_opens_for_nobody_and_its_blob_is_gone",),
        ),
        Claim(
            "Errors are logged without what their variables held.",
            "A log line says what failed and where, not with which values.",
            ("tests/test_logs.py::test_an_error_is_logged_without_what_its_variables_held",),
        ),
    ),
)
DATA = Group(
    "data",
    "Your data",
    (
        Claim(
            "Workspaces do not see each other.",
            "Every query names its workspace, and a guessed address answers like one that does not exist.",
            (
                "tests/console/test_approvals.py::test_another_workspaces_member_gets_404",
                "tests/knowledge/test_knowledge.py::test_another_workspace_finds_nothing",
            ),
        ),
        Claim(
            "This public site shows nothing of any workspace.",
            "A test fills a workspace with words found nowhere else, opens every public address and looks for them.",
            ("tests/site/test_public_walk.py::test_no_public_address_shows_anything_of_a_workspace",),
        ),
        Claim(
            "Addresses that customers enter cannot reach our network.",
            "They are resolved once, checked, and called as checked; redirects are checked again.",
            (
                "tests/test_outbound.py::test_a_public_name_that_leads_inwards_is_refused",
                "tests/test_outbound.py::test_a_redirect_into_the_network_is_refused",
            ),
        ),
        Claim(
            "A hostile file takes nothing down.",
            "PDF and Office files are read in a process of their own, with limits on time and memory and no secrets.",
            (
                "tests/integrations/test_hostile_files.py::test_a_hostile_file_is_read_or_refused_soon_and_within_its_memory",
                "tests/integrations/test_hostile_files.py::test_the_reader_knows_none_of_our_secrets",
            ),
        ),
        Claim(
            "Pages load nothing from elsewhere.",
            "No script, font, image or frame of others, and no inline script: the browser is told to refuse them.",
            ("tests/house/test_templates.py::test_nothing_comes_from_elsewhere",),
        ),
        Claim(
            "An export runs nothing in your spreadsheet.",
            "What could be read as a formula is written as text.",
            ("tests/audit/test_page.py::test_a_spreadsheet_runs_nothing_of_what_an_agent_wrote",),
        ),
    ),
)
ACCOUNTS = Group(
    "accounts",
    "Accounts",
    (
        Claim(
            "Every address says who may use it.",
            "Each view declares it once, and a test fails when one declares nothing. The whole list can be printed.",
            ("flask access-map", "tests/house/test_access.py::test_every_view_says_once_who_may_use_it"),
        ),
        Claim(
            "Nobody can find out who has an account.",
            "A wrong password and an unknown address read the same and take the same time.",
            (
                "tests/accounts/test_signing_in.py::test_a_wrong_password_and_an_unknown_address_read_the_same",
                "tests/accounts/test_signing_in.py::test_an_unknown_address_costs_as_much_time_as_a_known_one",
            ),
        ),
        Claim(
            "Guessing is slow, and locks nobody out.",
            "Passwords are kept as Argon2 hashes. Failed tries are slowed down; the account stays open to its owner.",
            ("tests/accounts/test_signing_in.py::test_failed_tries_are_slowed_down_and_the_account_is_never_locked",),
        ),
        Claim(
            "Signed out is signed out.",
            "A sign-in is a row on our side. Once it is ended, a copy of its cookie is worth nothing.",
            ("tests/accounts/test_signing_in.py::test_a_replayed_cookie_is_worth_nothing_after_signing_out",),
        ),
        Claim(
            "A member who is removed is out at once.",
            "Pages, forms and open streams ask again who is looking.",
            ("tests/workspaces/test_members.py::test_a_removed_member_loses_access_at_once_and_everywhere",),
        ),
    ),
)
OPERATIONS = Group(
    "operations",
    "Operations",
    (
        Claim(
            "The audit log shows later changes.",
            "Each entry carries the hash of the one before it. A command walks every chain and names the first "
            "entry that was changed, removed or cut off.",
            ("flask audit verify", "tests/audit/test_chain.py::test_a_changed_entry_is_found"),
        ),
        Claim(
            "When our support staff look at a workspace, its own audit log says so.",
            "They sign in apart from customers, with a second factor, and see figures, not content.",
            (
                "tests/support/test_measures.py::test_every_look_is_in_the_customers_own_log_and_in_ours",
                "tests/support/test_signing_in.py::test_address_password_and_code_open_the_console",
            ),
        ),
        Claim(
            "A suspended workspace stops before its next action.",
            "Standing is asked between steps and just before each action. Lifted, the run goes on where it stopped.",
            (
                "tests/faults/test_suspension.py::"
                "test_a_run_halts_before_its_next_effect_and_goes_on_when_the_suspension_is_lifted",
            ),
        ),
        Claim(
            "A killed process loses no run.",
            "The database is written first; all else only delivers. Tests kill workers and Redis in the middle.",
            (
                "tests/faults/test_worker_killed.py::test_a_run_that_waits_for_a_person_outlives_every_worker",
                "tests/faults/test_redis_lost.py::test_runs_queued_in_a_redis_that_is_killed_all_finish_once_it_is_back",
            ),
        ),
        Claim(
            "A published policy is not edited.",
            "Its SHA-256 is on record. A file that no longer matches stops the import.",
            (
                "flask policies check",
                "tests/legal/test_library.py::test_a_published_text_that_changed_stops_the_import",
            ),
        ),
    ),
)
GROUPS = (AGENTS, KEYS, DATA, ACCOUNTS, OPERATIONS)
