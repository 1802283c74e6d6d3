"""Tables of the store: Delta read without a JVM, and the manifest of each."""
