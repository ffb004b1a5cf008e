"""The contract of every basis, and the tree that sums and products of bases make."""
