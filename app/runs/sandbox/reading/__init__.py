"""Reading what people really send: amounts, dates, names, references, tables and rules out of free text."""
