"""How an integrator teaches us, without code, what devices send that no format has a word for."""
