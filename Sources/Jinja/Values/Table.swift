/// Values of one plain type that never change: what a machine reads its program from. One load and one
/// check an access, and no reference counting.
@safe struct Table<Element: BitwiseCopyable>: ~Copyable {
  // SAFETY: owned; `count` elements are initialized, and every index is checked against it.
  private let base: UnsafeMutablePointer<Element>
  let count: Int

  init(_ elements: some Collection<Element>) {
    count = elements.count
    unsafe base = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
    var index = 0
    for element in elements.prefix(count) {
      unsafe base[index] = element
      index += 1
    }
    precondition(index == count)
  }

  deinit { unsafe base.deallocate() }

  @inline(__always)
  subscript(index: Int) -> Element {
    precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
    return unsafe base[index]
  }

  @inline(__always)
  subscript(index: Int32) -> Element { self[Int(index)] }
}
