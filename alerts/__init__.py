"""From what is wrong to the person who acts: rules, the engine, the outbox, channels."""
