"""Stories from beginning to end: real devices' messages, real servers, people with real browsers."""
