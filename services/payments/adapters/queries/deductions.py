"""Reads about deduction rules and tax receivable."""

TAX_RULE_SELECT = "SELECT r.* FROM tax_rules r"
TAX_DEDUCTOR_SELECT = "SELECT d.* FROM tax_deductors d JOIN partners p ON p.code = d.partner_code"
DISCOUNT_TERM_SELECT = "SELECT t.* FROM discount_terms t"
FREIGHT_TERM_SELECT = "SELECT t.* FROM freight_terms t"
TAX_CERTIFICATE_SELECT = "SELECT c.* FROM tax_certificates c JOIN partners p ON p.code = c.partner_code"
# A deduction belongs to the quarter in which it was made; taking it back later does not move it to another one.
TAX_RECEIVABLE_SELECT = (
    "SELECT t.*, t.booked_minor - t.certified_minor AS open_minor FROM ("
    " SELECT partner_code, financial_year, quarter, currency, coalesce(booked, 0) AS booked_minor,"
    "  coalesce(certified, 0) AS certified_minor, CAST(make_date(CAST(left(financial_year, 4) AS int), 4, 1)"
    "  + make_interval(months => CAST(quarter AS int) * 3) AS date) - 1 AS quarter_ends_on FROM ("
    "  SELECT partner_code, currency, to_char(day, 'YYYY') || '-' || to_char(day + interval '1 year', 'YY')"
    "   AS financial_year, CAST(extract(quarter FROM day) AS bigint) AS quarter, CAST(sum(amount_minor) AS bigint)"
    "   AS booked FROM (SELECT o.partner_code, o.currency, a.amount_minor,"
    "    coalesce(original.effective_on, a.effective_on) - interval '3 months' AS day FROM allocations a"
    "    JOIN open_items o ON o.id = a.open_item_id LEFT JOIN allocations original ON original.id = a.reverses_id"
    "    WHERE a.kind LIKE 'TDS%') deducted GROUP BY 1, 2, 3, 4) b"
    " FULL JOIN (SELECT partner_code, currency, financial_year, quarter, CAST(sum(amount_minor) AS bigint) AS certified"
    "  FROM tax_certificates GROUP BY 1, 2, 3, 4) c USING (partner_code, currency, financial_year, quarter)) t"
    " JOIN partners p ON p.code = t.partner_code"
)
