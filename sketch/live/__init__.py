"""What a stage needs while a sketch runs; nothing here is imported until it is used."""
