"""Arrays, tables, times, trees and functions of other libraries."""
