import CEmbedded

/// The version of prep, such as `1.2.3`: what the file VERSION says.
package let prepVersion: String = {
  // SAFETY: the embedded file is a constant of that many bytes.
  let file = unsafe UnsafeBufferPointer(
    start: prep_version_file_start(), count: prep_version_file_count)
  return unsafe String(decoding: file.prefix { $0 > UInt8(ascii: " ") }, as: UTF8.self)
}()
