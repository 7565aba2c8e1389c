import CEmbedded

/// The parts of the page, as they stand in `Sources/CEmbedded/report`.
enum Embedded {
  // SAFETY: constant arrays of the binary, with their sizes.
  static let page = unsafe Array(
    UnsafeBufferPointer(start: prep_report_page_start(), count: prep_report_page_count))
  static let style = unsafe Array(
    UnsafeBufferPointer(start: prep_report_style_start(), count: prep_report_style_count))
  static let script = unsafe Array(
    UnsafeBufferPointer(start: prep_report_script_start(), count: prep_report_script_count))
}
