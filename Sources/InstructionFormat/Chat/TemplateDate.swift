/// A day and a time of day without a zone, as `strftime_now` shows it.
public struct TemplateDate: Hashable, Sendable {
  public var year: Int
  public var month: Int
  public var day: Int
  public var hour = 0
  public var minute = 0
  public var second = 0

  /// Reads `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM[:SS]` (a space may stand for the T); nil for other text
  /// and for days that do not exist.
  public init?(_ text: some Collection<UInt8>) {
    let bytes = Array(text)
    func number(_ start: Int, _ count: Int) -> Int? {
      guard start + count <= bytes.count else { return nil }
      var value = 0
      for byte in bytes[start..<start + count] {
        guard (0x30...0x39).contains(byte) else { return nil }
        value = value * 10 + Int(byte &- 0x30)
      }
      return value
    }
    guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
      bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), year >= 1,
      (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year)
    else { return nil }
    (self.year, self.month, self.day) = (year, month, day)
    guard bytes.count > 10 else { return }
    guard bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " "),
      let hour = number(11, 2), let minute = number(14, 2), bytes[13] == UInt8(ascii: ":"),
      hour < 24, minute < 60
    else { return nil }
    (self.hour, self.minute) = (hour, minute)
    guard bytes.count > 16 else { return }
    guard bytes.count == 19, bytes[16] == UInt8(ascii: ":"), let second = number(17, 2), second < 60
    else { return nil }
    self.second = second
  }

  static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Day of the year, from 1.
  var ordinal: Int {
    (1..<month).reduce(day) { $0 + Self.days(in: $1, of: year) }
  }

  /// 0 for Monday (Zeller's congruence, proleptic Gregorian calendar).
  var weekday: Int {
    let (y, m) = month < 3 ? (year - 1, month + 12) : (year, month)
    let century = y / 100
    let inCentury = y % 100
    let zeller =
      (day + 13 * (m + 1) / 5 + inCentury + inCentury / 4 + century / 4 + 5 * century) % 7
    return (zeller + 5) % 7
  }
}

extension TemplateDate: CustomStringConvertible {
  /// `YYYY-MM-DD`, with the time of day where it is not midnight.
  public var description: String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let year = String(repeating: "0", count: max(0, 4 - "\(year)".count)) + "\(year)"
    let day = "\(year)-\(two(month))-\(two(day))"
    let time = "\(two(hour)):\(two(minute)):\(two(second))"
    return time == "00:00:00" ? day : "\(day)T\(time)"
  }
}
