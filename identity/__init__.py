"""Who is who: normalising, node ids, the gathering protocol and the pure resolution."""
