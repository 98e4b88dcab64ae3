"""Shows our devices to a Home Assistant, by its MQTT discovery."""
