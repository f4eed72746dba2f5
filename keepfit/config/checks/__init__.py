"""What the sections of a use case say against each other: one small pure function for each rule."""

from collections.abc import Callable, Iterable

from keepfit.config.checks import (
    columns,
    contract,
    expectations,
    gates,
    mapping,
    protected,
    readings,
    release,
    row_rules,
    sources,
    split,
    times,
    training,
)
from keepfit.config.document import Finding
from keepfit.config.model import UseCase

Check = Callable[[UseCase], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (
    sources.several_sources_need_a_query,
    sources.kind_fits_the_path,
    sources.marks_can_be_told_apart,
    mapping.periods_are_in_order,
    mapping.columns_are_known,
    mapping.columns_are_read_once,
    readings.keys_fit_the_type,
    readings.values_fit_the_type,
    readings.defaults_invent_nothing,
    readings.formats_say_a_moment,
    readings.units_can_be_converted,
    columns.key_is_one,
    columns.event_time_is_a_time,
    columns.label_fits_the_task,
    columns.no_leak,
    columns.features_are_declared,
    columns.features_read_a_column_in_one_way,
    protected.protected_columns_can_be_grouped,
    protected.bands_rise,
    contract.limits_fit_the_column,
    contract.patterns_are_regular,
    contract.tolerances_can_matter,
    row_rules.rules_name_columns,
    row_rules.rules_stand_once,
    row_rules.types_can_be_compared,
    row_rules.conditions_fit_their_columns,
    row_rules.rules_can_matter,
    times.timezone_exists,
    times.spans_need_an_event_time,
    split.holdout_fits_the_split,
    split.words_fit_the_rule,
    split.entity_is_there,
    times.windows_fit_the_history,
    times.watching_needs_an_event_time,
    times.windows_are_remembered,
    expectations.each_is_right,
    training.candidates_fit_the_task,
    training.settings_are_within_limits,
    training.optimize_is_a_metric,
    training.class_weights_fit_the_task,
    training.decision_is_one_rule,
    gates.metrics_fit_the_task,
    gates.direction_fits_the_metric,
    gates.thresholds_are_in_range,
    gates.ratios_are_of_what_is_above_zero,
    gates.groups_can_be_made,
    gates.few_rows_are_of_groups,
    gates.waivers_say_what_they_allow,
    gates.parity_is_a_difference_of_answers,
    release.words_fit_the_strategy,
)


def check(use_case: UseCase) -> list[Finding]:
    """Everything that the sections of a use case say against each other."""
    return [finding for rule in CHECKS for finding in rule(use_case)]
