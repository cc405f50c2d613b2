"""Who is this: from events to named interests with evidence."""
