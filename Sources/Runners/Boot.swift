/// This boot of the host: process numbers of another one mean nothing.
enum Boot {
    static var id: String {
        (SmallFile.text("/proc/sys/kernel/random/boot_id") ?? "unknown").split(separator: "\n").joined()
    }
}
