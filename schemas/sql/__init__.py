"""Migrations and the statements that more than one part leans on."""
