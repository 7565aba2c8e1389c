import Testing

@testable import Tokenizer

/// BPE as one reads about it: look for the best pair, merge it, look again.
struct NaiveBPE {
  var ids: [[UInt8]: UInt32]
  var merges: [(left: [UInt8], right: [UInt8])]

  func encode(_ piece: [UInt8]) -> [UInt32] {
    var parts = piece.map { [$0] }
    while true {
      var best: (rank: Int, index: Int)?
      for index in parts.indices.dropLast() {
        // The last of equal pairs counts.
        guard
          let rank = merges.lastIndex(where: {
            $0.left == parts[index] && $0.right == parts[index + 1]
          })
        else { continue }
        if best == nil || rank < (best?.rank ?? 0) { best = (rank, index) }
      }
      guard let (_, index) = best else { return parts.compactMap { ids[$0] } }
      parts[index] += parts.remove(at: index + 1)
    }
  }
}

struct Generator {
  var state: UInt64

  mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }
}

@Suite("Merging beside naive BPE")
struct NaiveBPETests {
  /// A random model over a few letters, with a merge given twice, and its naive form.
  private func model(_ random: inout Generator) -> (BPEModel, NaiveBPE) {
    var vocabulary = Vocabulary(isByteLevel: true)
    var naive = NaiveBPE(ids: [:], merges: [])
    for byte in 0..<256 {
      vocabulary.insert(bytes: [UInt8(byte)], id: UInt32(byte))
      naive.ids[[UInt8(byte)]] = UInt32(byte)
    }
    let letters = 2 + random.next(3)
    var tokens = (0..<letters).map { [UInt8(97 + $0)] }
    var definition = BPEDefinition(vocabulary: vocabulary)
    for _ in 0..<4 + random.next(24) {
      let left = tokens[random.next(tokens.count)]
      let right = tokens[random.next(tokens.count)]
      let product = left + right
      guard product.count < 12 else { continue }
      if naive.ids[product] == nil {
        let id = UInt32(definition.vocabulary.idCount)
        definition.vocabulary.insert(bytes: product, id: id)
        naive.ids[product] = id
        tokens.append(product)
      }
      definition.merges.append(
        .init(
          left: naive.ids[left] ?? 0, right: naive.ids[right] ?? 0,
          product: naive.ids[product] ?? 0,
          rank: UInt32(naive.merges.count)))
      naive.merges.append((left, right))
    }
    return (BPEModel(definition), naive)
  }

  private func symbols(_ piece: [UInt8], _ model: BPEModel, _ space: MergeSpace) -> [UInt32] {
    unsafe piece.withUnsafeBufferPointer {
      unsafe model.encode($0, in: space, keepsLengths: false)
      return unsafe Array(UnsafeBufferPointer(start: space.symbols, count: space.count))
    }
  }

  @Test("random models merge short and long pieces like naive BPE")
  func equalsNaive() {
    var random = Generator(state: 11)
    let space = MergeSpace()
    for _ in 0..<120 {
      let (model, naive) = model(&random)
      for round in 0..<24 {
        let count = round < 20 ? 1 + random.next(14) : 40 + random.next(60)
        let piece = (0..<count).map { _ in UInt8(97 + random.next(4)) }
        #expect(symbols(piece, model, space) == naive.encode(piece), "\(piece) \(naive.merges)")
      }
    }
  }

  @Test("every string of up to 7 letters merges like naive BPE")
  func exhaustive() {
    var random = Generator(state: 5)
    let space = MergeSpace()
    let (model, naive) = model(&random)
    for count in 1...7 {
      for number in 0..<(1 << count) {
        let piece = (0..<count).map { UInt8(97 + number >> $0 & 1) }
        #expect(symbols(piece, model, space) == naive.encode(piece))
      }
    }
  }

  @Test("merging in windows gives what merging at once does, lengths included")
  func windows() {
    var random = Generator(state: 29)
    let space = MergeSpace()
    let whole = MergeSpace()
    for _ in 0..<60 {
      let (model, _) = model(&random)
      for letters in 1...4 {
        // Long runs of one letter between random ones move what is left over from window to window.
        var piece: [UInt8] = []
        while piece.count < MergeSpace.heapLimit + 1 + random.next(4000) {
          let run = random.next(8) == 0 ? random.next(700) : 1
          piece += repeatElement(UInt8(97 + random.next(letters)), count: run)
        }
        whole.count = 0
        for byte in piece { whole.append(model.byteIDs[Int(byte)], length: 1) }
        whole.mergeAtOnce(pairs: model.pairs)
        let lengths = unsafe piece.withUnsafeBufferPointer {
          unsafe model.encode($0, in: space, keepsLengths: true)
          return unsafe Array(UnsafeBufferPointer(start: space.lengths, count: space.count))
        }
        let expected = unsafe Array(UnsafeBufferPointer(start: whole.symbols, count: whole.count))
        #expect(symbols(piece, model, space) == expected)
        let wholeLengths = unsafe Array(
          UnsafeBufferPointer(start: whole.lengths, count: whole.count))
        #expect(lengths == wholeLengths)
      }
    }
  }

  @Test("eight times the text takes at most ten times the steps, whatever is repeated")
  func linear() throws {
    let tokenizer = try BPETokenizer.load("gpt2")
    func steps(_ unit: String, _ count: Int) throws -> Int {
      let encoder = tokenizer.makeEncoder()
      let text = [UInt8](repeatElement(Array(unit.utf8), count: count).joined())
      _ = try encoder.encode(text)
      return encoder.mergeSteps
    }
    var letters = ""
    var random = Generator(state: 3)
    for _ in 0..<997 { letters.unicodeScalars.append(UnicodeScalar(UInt8(97 + random.next(26)))) }
    for (unit, count) in [
      ("a", 16384), (" ", 16384), ("中", 8192), (letters, 16), ("\n", 16384), ("ab", 8192),
    ] {
      #expect(try steps(unit, count * 8) <= 10 * steps(unit, count), "\(unit.prefix(8))")
    }
  }
}
