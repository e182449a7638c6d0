"""What a laptop needs: a broker and a registry with nothing to install, and a synthetic world."""
