"""Where each action is tested: one line for each, in the order of their keys.

{key of the action: "path of the file::name of the test"}. A new action without a line here fails test_catalogue.py.
"""

TESTS: dict[str, str] = {
    "add_labels": "tests/cases/test_actions.py::test_labels_are_added_and_removed",
    "add_note": "tests/cases/test_actions.py::test_a_note_is_for_agents_only",
    "assign": "tests/cases/test_actions.py::test_status_priority_group_and_assignee_are_set_and_taken_away",
    "assign_in_turn": "tests/cases/test_giving.py::test_a_rule_gives_new_cases_out",
    "assign_least_loaded": "tests/cases/test_giving.py::test_a_rule_gives_new_cases_out",
    "end_chat": "tests/cases/test_actions.py::test_end_chat_ends_the_chat_with_a_status",
    "fix_chat": "tests/cases/test_giving.py::test_a_rule_fixes_a_chat_to_an_agent",
    "fix_chat_in_turn": "tests/cases/test_giving.py::test_a_rule_gives_new_cases_out",
    "notify": "tests/cases/test_notifying.py::test_a_rule_tells_agents_groups_roles_and_the_assignee_each_once",
    "remove_labels": "tests/cases/test_actions.py::test_labels_are_added_and_removed",
    "request_identification": "tests/cases/test_asking.py::test_a_code_is_asked_for_where_we_do_not_know_who_writes",
    "request_rating": "tests/cases/test_rating.py::test_the_text_is_in_the_customers_language_and_has_to_hold_the_link",
    "run_macro": "tests/cases/test_macros.py::test_a_rule_runs_a_macro_in_its_own_name",
    "send_message": "tests/cases/test_actions.py::test_send_message_writes_to_the_customer_in_the_agents_name",
    "send_webhook": "tests/rules/test_webhooks.py::test_a_rule_sends_its_own_body_signed_and_in_order",
    "set_case_field": "tests/cases/test_actions.py::test_a_case_field_is_set",
    "set_group": "tests/cases/test_actions.py::test_status_priority_group_and_assignee_are_set_and_taken_away",
    "set_priority": "tests/cases/test_actions.py::test_status_priority_group_and_assignee_are_set_and_taken_away",
    "set_status": "tests/cases/test_actions.py::test_status_priority_group_and_assignee_are_set_and_taken_away",
    "set_user_field": "tests/cases/test_actions.py::test_a_user_field_is_said_by_the_rule_and_can_be_emptied",
    "snooze": "tests/cases/test_snoozing.py::test_a_rule_snoozes_for_a_span",
    "snooze_until_open": "tests/cases/test_snoozing.py::test_a_rule_snoozes_until_business_hours_begin",
    "start_look_up": "tests/identification/test_look_up_action.py::test_a_rule_asks_for_the_users_data",
    "stop_processing": "tests/cases/test_snoozing.py::test_a_rule_with_the_action_asks_no_further_rules",
}
