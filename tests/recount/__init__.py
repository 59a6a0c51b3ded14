"""A second implementation of the national model's figures, from the posted events alone.

It is written for clarity from the national model (sections are named as §), as a statistician would check a report:
event by event, grouping lists, exact fractions, no shortcut. It shares no code with the product and may import none of
it; only the questionnaires are read from the model's published data files. Where both agree, the figures are right or
two readers misread the page in the same way.
"""
