"""Projections of the journal and of decisions for people: sentences, measured terms, evidence."""
