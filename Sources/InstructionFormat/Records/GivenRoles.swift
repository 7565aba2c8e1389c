/// Words for roles that the user gave a meaning, before what data sets mean by them; and which of them a record has.
final class GivenRoles {
  /// By word.
  private let roles: [(word: [UInt8], role: MessageRole)]
  /// Bits by place in the order of words; of the first 64.
  var heard: UInt64 = 0

  init(_ roles: [String: MessageRole]) {
    self.roles = roles.sorted { $0.key < $1.key }.map { (Array($0.key.utf8), $0.value) }
  }

  /// What a word means, if the user said so. O(words).
  func meaning(of word: UnsafeBufferPointer<UInt8>) -> MessageRole? {
    for place in roles.indices where unsafe word.elementsEqual(roles[place].word) {
      if place < 64 { heard |= 1 << UInt64(place) }
      return roles[place].role
    }
    return nil
  }
}
