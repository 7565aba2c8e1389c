/// Changes bytes, and numbers of two to eight of them.
struct BinaryMutator {
  func change(
    _ input: [UInt8], other: [UInt8], limit: Int, using generator: inout some RandomNumberGenerator
  ) -> [UInt8] {
    guard input.count > 1 else { return [0, 1] }
    var output = input
    let place = Int.random(in: input.indices, using: &generator)
    let length = min(input.count - place, 1 << Int.random(in: 0...6, using: &generator))
    switch Int.random(in: 0..<7, using: &generator) {
    case 0: output[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1: output[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
    case 2: output.removeSubrange(place..<place + length)
    case 3: output.insert(contentsOf: input[place..<place + length], at: place)
    case 4:
      guard !other.isEmpty else { break }
      let from = Int.random(in: other.indices, using: &generator)
      output.replaceSubrange(place..<place + length, with: other[from...].prefix(length))
    case 5: output.removeLast(length)
    default:
      let width = [2, 4, 8].randomElement(using: &generator) ?? 4
      let start = place & ~(width - 1)
      guard start + width <= input.count else { break }
      let change = Int64([-1, 1, 1 << 31, .max, 255].randomElement(using: &generator) ?? 1)
      var number: UInt64 = 0
      for index in (0..<width).reversed() { number = number << 8 | UInt64(input[start + index]) }
      number &+= UInt64(bitPattern: change)
      for index in 0..<width {
        output[start + index] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(index)))
      }
    }
    return Array(output.prefix(limit))
  }
}
