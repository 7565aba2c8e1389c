import Testing

@testable import Tokenizer

@Suite("Text without a pre-tokenizer")
struct MarkedSpacesTests {
  @Test("spaces become marks, one by one and in words of eight bytes")
  func marks() {
    var random = Generator(state: 23)
    let marked = MarkedText()
    for _ in 0..<2000 {
      let bytes = (0..<random.next(60)).map { _ in
        // Bytes beside a space, where looking for it in eight at once could go wrong.
        [0x20, 0x20, 0x21, 0x1F, 0x61, 0xA0, 0xE2, 0x00][random.next(8)] as UInt8
      }
      let isPrefixed = random.next(2) == 0
      let written = unsafe bytes.withUnsafeBufferPointer {
        unsafe marked.write($0, isPrefixed: isPrefixed)
        return unsafe Array(marked.text)
      }
      let expected =
        bytes.isEmpty
        ? []
        : (isPrefixed ? MarkedSpaces.mark : [])
          + bytes.flatMap { $0 == 0x20 ? MarkedSpaces.mark : [$0] }
      #expect(written == expected)
    }
  }

  @Test("runs end where no merge joins two known characters, whatever the batch")
  func runs() {
    var random = Generator(state: 31)
    let characters = ["a", "b", "c", "▁", "é", "中", "\u{1}", "Z", "😀"]
    for _ in 0..<200 {
      var vocabulary = Vocabulary(isByteLevel: false)
      let known = characters.filter { _ in random.next(4) > 0 }
      for (id, text) in known.enumerated() {
        unsafe Array(text.utf8).withUnsafeBufferPointer {
          unsafe vocabulary.insert(text: $0, id: UInt32(id))
        }
      }
      guard !known.isEmpty else { continue }
      var merges: [BPEDefinition.Merge] = []
      for rank in 0..<random.next(12) {
        let left = random.next(known.count)
        let right = random.next(known.count)
        let product = UInt32(100 + rank)
        unsafe Array((known[left] + known[right]).utf8).withUnsafeBufferPointer {
          unsafe vocabulary.insert(text: $0, id: product)
        }
        merges.append(
          .init(left: UInt32(left), right: UInt32(right), product: product, rank: UInt32(rank)))
      }
      let joints = JointTable(vocabulary, merges)
      let table = CharacterTable(vocabulary)
      let cutter = RunCutter(table, joints)
      let text = (0..<1 + random.next(40)).map { _ in characters[random.next(characters.count)] }
      // What the definition says.
      var expected: [Int] = []
      var position = 0
      for (index, character) in text.enumerated() {
        if index > 0, known.contains(text[index - 1]), known.contains(character),
          !merges.contains(where: {
            known[Int($0.left)] == text[index - 1] && known[Int($0.right)] == character
          })
        {
          expected.append(position)
        }
        position += character.utf8.count
      }
      expected.append(position)
      let bytes = Array(text.joined().utf8)
      let capacity = 2 + random.next(40)
      let ends = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity)
      defer { unsafe ends.deallocate() }
      let found = unsafe bytes.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return [Int]() }
        let view = unsafe TextView(base: base, end: buffer.count)
        var state = RunCutter.State()
        var start = 0
        var all: [Int] = []
        while start < view.end {
          let count = unsafe cutter.cut(view, from: &start, &state, into: ends, capacity: capacity)
          for index in 0..<count { unsafe all.append(Int(ends[index])) }
        }
        return all
      }
      #expect(found == expected, "\(text) \(known)")
    }
  }
}
