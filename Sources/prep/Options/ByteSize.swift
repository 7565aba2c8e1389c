import ArgumentParser

/// A number of bytes on the command line: `65536`, `64KiB`, `16MiB`, `1GiB`.
struct ByteSize: ExpressibleByArgument, CustomStringConvertible {
  var bytes: Int
  /// Whether it was written with a unit.
  private(set) var hasUnit = true

  init(bytes: Int) { self.bytes = bytes }

  init?(argument: String) {
    let units: [(String, Int)] = [
      ("KIB", 1 << 10), ("MIB", 1 << 20), ("GIB", 1 << 30), ("KB", 1000), ("MB", 1_000_000),
      ("GB", 1_000_000_000), ("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30), ("B", 1),
    ]
    let text = argument.uppercased()
    let unit = units.first { text.hasSuffix($0.0) }
    let (digits, factor) = unit.map { (text.dropLast($0.0.count), $0.1) } ?? (text[...], 1)
    guard let number = Int(digits), number > 0 else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    guard !overflow, product < 1 << 40 else { return nil }
    bytes = product
    hasUnit = unit != nil
  }

  var description: String {
    for (name, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
    where bytes % size == 0 {
      return "\(bytes / size)\(name)"
    }
    return "\(bytes)"
  }

  var defaultValueDescription: String { description }
}
