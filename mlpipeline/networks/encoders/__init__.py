"""What turns texts into vectors of unit length."""
