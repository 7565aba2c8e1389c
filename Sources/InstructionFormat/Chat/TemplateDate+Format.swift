extension TemplateDate {
  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]
  private static let weekdays = [
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
  ]

  /// Python's `strftime` on glibc in the C locale, without a time zone: flags `- _ 0 ^ #`, a width, `E` and `O`.
  func formatted(_ format: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    var index = 0
    while index < format.count {
      guard format[index] == UInt8(ascii: "%"), index + 1 < format.count else {
        text.append(format[index])
        index += 1
        continue
      }
      let start = index
      index += 1
      let layout = Layout(format, &index)
      if index < format.count, let shown = conversion(format[index], layout) {
        text += shown.utf8
        index += 1
      } else {
        index = min(index + 1, format.count)
        text += format[start..<index]
      }
    }
    return text
  }

  /// What stands between `%` and the letter.
  private struct Layout {
    /// `-`, `_` or `0`; 0 for none.
    var fill: UInt8 = 0
    var isUpper = false
    var swapsCase = false
    var width: Int?

    init(_ format: [UInt8], _ index: inout Int) {
      flags: while index < format.count {
        switch format[index] {
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "0"): fill = format[index]
        case UInt8(ascii: "^"): isUpper = true
        case UInt8(ascii: "#"): swapsCase = true
        default: break flags
        }
        index += 1
      }
      while index < format.count, (0x30...0x39).contains(format[index]) {
        width = min((width ?? 0) * 10 + Int(format[index] - 0x30), 1000)
        index += 1
      }
      if index < format.count, [UInt8(ascii: "E"), UInt8(ascii: "O")].contains(format[index]) {
        index += 1
      }
    }

    func number(_ value: Int, _ standardWidth: Int, _ standardFill: Character = "0") -> String {
      let digits = String(value)
      let character: Character =
        fill == 0 ? standardFill : fill == UInt8(ascii: "0") ? "0" : " "
      let least = fill == UInt8(ascii: "-") ? width ?? 0 : max(width ?? 0, standardWidth)
      return String(repeating: character, count: max(0, least - digits.utf8.count)) + digits
    }

    func word(_ value: some StringProtocol, swapped: String? = nil) -> String {
      let shown =
        isUpper ? value.uppercased() : swapsCase ? swapped ?? value.uppercased() : "\(value)"
      let character: Character = fill == UInt8(ascii: "0") ? "0" : " "
      return String(repeating: character, count: max(0, (width ?? 0) - shown.utf8.count)) + shown
    }
  }

  /// The text of one letter; nil where it means nothing.
  private func conversion(_ letter: UInt8, _ layout: Layout) -> String? {
    let hour12 = hour % 12 == 0 ? 12 : hour % 12
    func composed(_ format: String) -> String {
      var layout = layout
      layout.swapsCase = false
      return layout.word(String(decoding: formatted(Array(format.utf8)), as: UTF8.self))
    }
    switch letter {
    case UInt8(ascii: "Y"): return layout.number(year, 0)
    case UInt8(ascii: "G"): return layout.number(isoWeek.year, 0)
    case UInt8(ascii: "y"): return layout.number(year % 100, 2)
    case UInt8(ascii: "g"): return layout.number(isoWeek.year % 100, 2)
    case UInt8(ascii: "C"): return layout.number(year / 100, 2)
    case UInt8(ascii: "m"): return layout.number(month, 2)
    case UInt8(ascii: "d"): return layout.number(day, 2)
    case UInt8(ascii: "e"): return layout.number(day, 2, " ")
    case UInt8(ascii: "H"): return layout.number(hour, 2)
    case UInt8(ascii: "I"): return layout.number(hour12, 2)
    case UInt8(ascii: "k"): return layout.number(hour, 2, " ")
    case UInt8(ascii: "l"): return layout.number(hour12, 2, " ")
    case UInt8(ascii: "M"): return layout.number(minute, 2)
    case UInt8(ascii: "S"): return layout.number(second, 2)
    case UInt8(ascii: "j"): return layout.number(ordinal, 3)
    case UInt8(ascii: "u"): return layout.number(weekday + 1, 1)
    case UInt8(ascii: "w"): return layout.number((weekday + 1) % 7, 1)
    case UInt8(ascii: "U"): return layout.number((ordinal + 6 - (weekday + 1) % 7) / 7, 2)
    case UInt8(ascii: "W"): return layout.number((ordinal + 6 - weekday) / 7, 2)
    case UInt8(ascii: "V"): return layout.number(isoWeek.week, 2)
    case UInt8(ascii: "f"): return "000000"
    case UInt8(ascii: "p"):
      return layout.word(hour < 12 ? "AM" : "PM", swapped: hour < 12 ? "am" : "pm")
    case UInt8(ascii: "P"):
      var plain = layout
      (plain.isUpper, plain.swapsCase) = (false, false)
      return plain.word(hour < 12 ? "am" : "pm")
    case UInt8(ascii: "B"): return layout.word(Self.months[month - 1])
    case UInt8(ascii: "b"), UInt8(ascii: "h"): return layout.word(Self.months[month - 1].prefix(3))
    case UInt8(ascii: "A"): return layout.word(Self.weekdays[weekday])
    case UInt8(ascii: "a"): return layout.word(Self.weekdays[weekday].prefix(3))
    case UInt8(ascii: "F"): return composed("%Y-%m-%d")
    case UInt8(ascii: "D"), UInt8(ascii: "x"): return composed("%m/%d/%y")
    case UInt8(ascii: "T"), UInt8(ascii: "X"): return composed("%H:%M:%S")
    case UInt8(ascii: "R"): return composed("%H:%M")
    case UInt8(ascii: "r"): return composed("%I:%M:%S %p")
    case UInt8(ascii: "c"): return composed("%a %b %e %H:%M:%S %Y")
    case UInt8(ascii: "Z"), UInt8(ascii: "z"): return ""
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "%"): return "%"
    default: return nil
    }
  }

  /// The week of ISO 8601 and the year that it belongs to: week 1 holds the year's first Thursday.
  private var isoWeek: (year: Int, week: Int) {
    let week = (ordinal - weekday + 9) / 7
    if week < 1 { return (year - 1, Self.weeks(in: year - 1)) }
    return week > Self.weeks(in: year) ? (year + 1, 1) : (year, week)
  }

  private static func weeks(in year: Int) -> Int {
    // The weekday of 31 December, of this year and of the one before.
    func last(_ year: Int) -> Int { (year + year / 4 - year / 100 + year / 400) % 7 }
    return last(year) == 4 || last(year - 1) == 3 ? 53 : 52
  }
}
