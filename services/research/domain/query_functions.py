"""What a query may call: functions of values alone. Whatever reads files, settings or the engine itself is not here."""

from typing import Final

_AGGREGATES: Final = """
    any_value approx_count_distinct approx_quantile arg_max arg_min avg bit_and bit_or bit_xor bool_and bool_or corr count
    count_if count_star covar_pop covar_samp entropy favg first fsum geometric_mean histogram kurtosis last list mad max
    max_by mean median min min_by mode product quantile quantile_cont quantile_disc regr_intercept regr_r2 regr_slope
    skewness stddev stddev_pop stddev_samp string_agg sum var_pop var_samp variance
"""
_WINDOWS: Final = """
    cume_dist dense_rank fill first_value lag last_value lead nth_value ntile percent_rank rank row_number
"""
_NUMBERS: Final = """
    abs acos asin atan atan2 cbrt ceil ceiling cos cot degrees divide even exp floor gcd greatest isfinite isinf isnan
    lcm least ln log log10 log2 mod multiply pi pow power radians round round_even sign sin sqrt subtract tan trunc add
    + - * / // % ** ^ & | ~ << >> @
"""
_TEXTS: Final = """
    ascii bar base64 char_length character_length chr concat concat_ws contains damerau_levenshtein ends_with hamming
    hash hex instr jaccard jaro_similarity jaro_winkler_similarity lcase left len length levenshtein like_escape lower
    lpad ltrim md5 not_like_escape ilike_escape not_ilike_escape nfc_normalize ord position prefix regexp_extract
    regexp_extract_all regexp_full_match regexp_matches regexp_replace regexp_split_to_array repeat replace reverse
    right rpad rtrim sha256 split split_part starts_with str_split string_split string_to_array strip_accents strlen
    strpos substr substring suffix translate trim ucase unicode upper || ~~ !~~ ~~* !~~* ~~~ ^@
"""
_TIMES: Final = """
    age century date_add date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc day dayname
    dayofmonth dayofweek dayofyear decade epoch epoch_ms hour isodow isoyear last_day make_date make_time
    make_timestamp microsecond millennium millisecond minute month monthname quarter second strftime strptime
    time_bucket timezone to_days to_hours to_minutes to_months to_quarters to_seconds to_weeks to_years try_strptime
    week weekday weekofyear year yearweek
"""
_LISTS: Final = """
    array_agg array_contains array_distinct array_extract array_filter array_has array_has_all array_has_any
    array_length array_slice array_sort array_transform array_unique cardinality element_at flatten json_array_length
    json_extract json_extract_string json_keys list_aggregate list_concat list_contains list_distinct list_element
    list_extract list_filter list_has list_has_all list_has_any list_pack list_position list_reduce list_reverse_sort
    list_slice list_sort list_sum list_transform list_unique list_value list_zip map map_extract map_keys map_values
    row struct_extract struct_pack to_json typeof unnest range generate_series
"""
_CHOICES: Final = "coalesce constant_or_null ifnull nullif if switch"
ALLOWED_FUNCTIONS: Final = frozenset(
    " ".join((_AGGREGATES, _WINDOWS, _NUMBERS, _TEXTS, _TIMES, _LISTS, _CHOICES)).split()
)
ALLOWED_TABLE_FUNCTIONS: Final = frozenset({"unnest", "range", "generate_series"})
