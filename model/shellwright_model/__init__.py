"""Turns SmolLM2-135M-Instruct into the model directory that the browser loads."""
