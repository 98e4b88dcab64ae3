"""A seeded, repeatable city of compounds whose devices speak real MQTT and whose guards walk real rounds."""
