"""Clock, settings, errors, languages, logging: what every folder needs and no domain."""
