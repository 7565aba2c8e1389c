/// Numbers as people read them.
enum Format {
  /// `1,234,567`.
  static func count(_ number: Int) -> String {
    let digits = String(number.magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return number < 0 ? "-" + text : text
  }

  static func count(_ number: UInt64) -> String { count(Int(clamping: number)) }

  /// `1 shard`, `1,234 shards`.
  static func count(_ number: Int, _ noun: String) -> String {
    "\(count(number)) \(noun)\(number == 1 ? "" : "s")"
  }

  /// `12.3 MB`.
  static func bytes(_ number: Int) -> String {
    for (unit, size) in [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)] where Double(number) >= size {
      return "\(decimal(Double(number) / size, places: 1)) \(unit)"
    }
    return "\(number) B"
  }

  /// `62.5 %`.
  static func percent(_ share: Double) -> String { "\(decimal(share * 100, places: 1)) %" }

  /// `1:02:03`, `2:03`.
  static func time(_ seconds: Double) -> String {
    let whole = seconds.isFinite ? Int(min(max(seconds, 0), 1e9)) : 0
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return whole >= 3600
      ? "\(whole / 3600):\(two(whole / 60 % 60)):\(two(whole % 60))"
      : "\(whole / 60):\(two(whole % 60))"
  }

  /// A number with this many places after the point.
  static func decimal(_ number: Double, places: Int) -> String {
    var factor = 1.0
    for _ in 0..<places { factor *= 10 }
    guard (number * factor).magnitude < 1e15 else { return "\(number)" }
    let scaled = Int((number * factor).rounded())
    guard places > 0 else { return "\(scaled)" }
    let fraction = String(scaled.magnitude % UInt(factor))
    let zeros = String(repeating: "0", count: places - fraction.count)
    return "\(scaled < 0 ? "-" : "")\(scaled.magnitude / UInt(factor)).\(zeros)\(fraction)"
  }
}
