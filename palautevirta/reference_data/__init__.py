"""What an operator loads about organisations: files, checked whole and kept as versions (national model §5, §9)."""
