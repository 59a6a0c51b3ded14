"""Seeded traffic against a real stack: what provider systems would post, how they post it, and what they read back.

Everything random comes from one seed, so a failure can be repeated. What is expected of the answers comes from
`recount`, never from the product.
"""
