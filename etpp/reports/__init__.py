"""What is printed and filed: lists, recapitulations and statements of a month, as a workbook or as pages."""
