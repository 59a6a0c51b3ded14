-- Nothing: this number is kept for a step that another change brings.
SELECT;
