import ArgumentParser
import ERP
import ERPPeers
import Glibc
import Platform

/// An ERP that keeps its own rules: what was done is done, what was not is not.
struct RunERP: ParsableCommand {
    enum Product: String, ExpressibleByArgument, CaseIterable { case odoo, tryton }

    static let configuration = CommandConfiguration(
        commandName: "erp", abstract: "An Odoo or Tryton on loopback with a depot's articles, receipts and clients.",
        discussion: "Database depot, user gateway, password gateway-secret.")

    @Argument(help: "odoo or tryton.") var product: Product
    @Option(help: "Series: 14 to 19 of Odoo; 7.0, 8.0 or 8.2 of Tryton.") var series: String?
    @Option(help: "Port on 127.0.0.1; 0 takes a free one.") var port: UInt16 = 18069
    @Option(help: "CSV with columns gtin and description: articles that Odoo sells besides.") var articles: String?

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        let answer: ERPFront.Answer
        switch product {
        case .odoo:
            guard let number = Int(series ?? "17"), (14...19).contains(number) else {
                throw Exit.say("series \(series ?? "") is none of 14 to 19")
            }
            var odoo = OdooServer(series: number)
            for article in try RunERP.articles(articles) {
                _ = odoo.addProduct(article.name, code: article.gtin, barcode: article.gtin, tracking: "none")
            }
            let day = RunERP.today
            let (month, date) = (String(100 + day.month).dropFirst(), String(100 + day.day).dropFirst())
            odoo.expectReceipts(on: "\(day.year)-\(month)-\(date)")
            let server = Locked(odoo)
            answer = { request in server.with { $0.answer(request) } }
        case .tryton:
            var tryton = TrytonServer(series: series ?? "8.2")
            let day = RunERP.today
            tryton.expectShipments(year: day.year, month: day.month, day: day.day)
            let server = Locked(tryton)
            answer = { request in server.with { $0.answer(request) } }
        }
        guard let front = ERPFront(port: port, answer: answer) else { throw Exit.say("port \(port) is taken") }
        Terminal.line(
            "\(product.rawValue) \(series ?? (product == .odoo ? "17" : "8.2")) at http://127.0.0.1:\(front.port), database depot"
        )
        while true { pause() }
    }

    /// Of this machine's clock and place.
    private static var today: (year: Int, month: Int, day: Int) {
        var (now, parts) = (time(nil), tm())
        localtime_r(&now, &parts)
        return (Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday))
    }

    private static func articles(_ path: String?) throws -> [(gtin: String, name: String)] {
        guard let path else { return [] }
        let lines: [String]
        do {
            lines = String(decoding: try Files.read(path), as: UTF8.self).split(whereSeparator: \.isNewline).map(
                String.init)
        } catch { throw Exit.say("\(error)") }
        let header = (lines.first ?? "").split(separator: ";", omittingEmptySubsequences: false).map(String.init)
        guard let gtin = header.firstIndex(of: "gtin"), let name = header.firstIndex(of: "description") else {
            throw Exit.say("\(path): the first line must name the columns gtin and description, with ; between them")
        }
        var seen: Set<String> = []
        return lines.dropFirst().compactMap { line in
            let fields = line.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
            guard fields.count > max(gtin, name), seen.insert(fields[gtin]).inserted else { return nil }
            return (fields[gtin], fields[name])
        }
    }
}
