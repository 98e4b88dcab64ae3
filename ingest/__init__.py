"""From MQTT messages to stored readings and the health of every device."""
