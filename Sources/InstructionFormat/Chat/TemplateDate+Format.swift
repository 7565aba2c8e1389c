extension TemplateDate {
  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October",
    "November", "December",
  ]
  private static let weekdays = [
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
  ]

  /// Python's `strftime` in the C locale, without a time zone.
  func formatted(_ format: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    func put(_ words: String) { text.append(contentsOf: words.utf8) }
    func padded(_ number: Int, _ width: Int, _ fill: Character = "0") -> String {
      let digits = String(number)
      return String(repeating: fill, count: max(0, width - digits.count)) + digits
    }
    var index = 0
    while index < format.count {
      guard format[index] == UInt8(ascii: "%"), index + 1 < format.count else {
        text.append(format[index])
        index += 1
        continue
      }
      var code = format[index + 1]
      var isBare = false
      if code == UInt8(ascii: "-"), index + 2 < format.count {
        isBare = true
        index += 1
        code = format[index + 1]
      }
      index += 2
      func two(_ number: Int) { put(isBare ? String(number) : padded(number, 2)) }
      let hour12 = hour % 12 == 0 ? 12 : hour % 12
      switch code {
      case UInt8(ascii: "Y"): put(String(year))
      case UInt8(ascii: "y"): two(year % 100)
      case UInt8(ascii: "C"): two(year / 100)
      case UInt8(ascii: "m"): two(month)
      case UInt8(ascii: "d"): two(day)
      case UInt8(ascii: "e"): put(isBare ? String(day) : padded(day, 2, " "))
      case UInt8(ascii: "H"): two(hour)
      case UInt8(ascii: "I"): two(hour12)
      case UInt8(ascii: "k"): put(isBare ? String(hour) : padded(hour, 2, " "))
      case UInt8(ascii: "l"): put(isBare ? String(hour12) : padded(hour12, 2, " "))
      case UInt8(ascii: "M"): two(minute)
      case UInt8(ascii: "S"): two(second)
      case UInt8(ascii: "f"): put("000000")
      case UInt8(ascii: "p"): put(hour < 12 ? "AM" : "PM")
      case UInt8(ascii: "P"): put(hour < 12 ? "am" : "pm")
      case UInt8(ascii: "B"): put(Self.months[month - 1])
      case UInt8(ascii: "b"), UInt8(ascii: "h"): put(String(Self.months[month - 1].prefix(3)))
      case UInt8(ascii: "A"): put(Self.weekdays[weekday])
      case UInt8(ascii: "a"): put(String(Self.weekdays[weekday].prefix(3)))
      case UInt8(ascii: "j"): put(isBare ? String(ordinal) : padded(ordinal, 3))
      case UInt8(ascii: "u"): put(String(weekday + 1))
      case UInt8(ascii: "w"): put(String((weekday + 1) % 7))
      case UInt8(ascii: "U"): two((ordinal + 6 - (weekday + 1) % 7) / 7)
      case UInt8(ascii: "W"): two((ordinal + 6 - weekday) / 7)
      case UInt8(ascii: "F"): put("\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))")
      case UInt8(ascii: "D"), UInt8(ascii: "x"):
        put("\(padded(month, 2))/\(padded(day, 2))/\(padded(year % 100, 2))")
      case UInt8(ascii: "T"), UInt8(ascii: "X"):
        put("\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))")
      case UInt8(ascii: "R"): put("\(padded(hour, 2)):\(padded(minute, 2))")
      case UInt8(ascii: "c"):
        put(
          "\(Self.weekdays[weekday].prefix(3)) \(Self.months[month - 1].prefix(3)) \(padded(day, 2, " ")) "
            + "\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2)) \(year)")
      case UInt8(ascii: "Z"), UInt8(ascii: "z"): break
      case UInt8(ascii: "n"): text.append(0x0A)
      case UInt8(ascii: "t"): text.append(0x09)
      case UInt8(ascii: "%"): text.append(UInt8(ascii: "%"))
      default:
        text.append(UInt8(ascii: "%"))
        text.append(code)
      }
    }
    return text
  }
}
