"""What the integration tests stand on: real servers, the command under test, trees to carry, and a comparison that we did not write."""
