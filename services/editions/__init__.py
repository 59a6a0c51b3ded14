"""Editions: numbered, dated publications, frozen in one transaction by the national rules (national model §7)."""
