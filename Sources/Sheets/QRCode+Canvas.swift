extension QRCode {
    /// The matrix while it is drawn: what is fixed, and what the data and its mask decide.
    struct Canvas {
        private let size: Int
        private var dark: [Bool]
        /// Finders, timing, alignment and the place of the format: no data, no mask.
        private var isFixed: [Bool]

        init(size: Int) {
            self.size = size
            dark = [Bool](repeating: false, count: size * size)
            isFixed = dark
        }

        private mutating func fix(_ row: Int, _ column: Int, _ isDark: Bool) {
            guard row >= 0, column >= 0, row < size, column < size else { return }
            (dark[row * size + column], isFixed[row * size + column]) = (isDark, true)
        }

        /// Clause 6.3. Versions 2 to 6 have one alignment pattern.
        mutating func drawFunctions(hasAlignment: Bool) {
            for place in 0..<size {
                fix(6, place, place % 2 == 0)
                fix(place, 6, place % 2 == 0)
            }
            for (row, column) in [(3, 3), (3, size - 4), (size - 4, 3)] {
                // With the separator, which is light.
                for down in -4...4 {
                    for right in -4...4 {
                        let ring = max(abs(down), abs(right))
                        fix(row + down, column + right, ring != 2 && ring != 4)
                    }
                }
            }
            if hasAlignment {
                for down in -2...2 {
                    for right in -2...2 { fix(size - 7 + down, size - 7 + right, max(abs(down), abs(right)) != 1) }
                }
            }
            drawFormat(0)
        }

        /// Level M and the mask, with their check bits (clause 7.9), twice; and the dark module.
        private mutating func drawFormat(_ mask: Int) {
            var rest = mask
            for _ in 0..<10 { rest = rest << 1 ^ (rest >> 9) * 0x537 }
            let bits = (mask << 10 | rest) ^ 0x5412
            func bit(_ place: Int) -> Bool { bits >> place & 1 == 1 }
            for place in 0...5 { fix(place, 8, bit(place)) }
            fix(7, 8, bit(6))
            fix(8, 8, bit(7))
            fix(8, 7, bit(8))
            for place in 9..<15 { fix(8, 14 - place, bit(place)) }
            for place in 0..<8 { fix(8, size - 1 - place, bit(place)) }
            for place in 8..<15 { fix(size - 15 + place, 8, bit(place)) }
            fix(size - 8, 8, true)
        }

        /// From the bottom right, two columns at a time, up and down (clause 7.7.3). Bits that are left are light.
        mutating func place(_ codewords: [UInt8]) {
            var next = 0
            for right in [Int](stride(from: size - 1, through: 1, by: -2)) {
                let right = right <= 6 ? right - 1 : right
                for step in 0..<size {
                    for column in [right, right - 1] {
                        let isUp = (right + 1) & 2 == 0
                        let row = isUp ? size - 1 - step : step
                        guard !isFixed[row * size + column], next < 8 * codewords.count else { continue }
                        dark[row * size + column] = codewords[next / 8] >> UInt8(7 - next % 8) & 1 == 1
                        next += 1
                    }
                }
            }
        }

        /// Under the mask that is penalised least (clause 7.8).
        func best() -> [Bool] {
            let all = (0..<8).map { masked($0) }
            return all.min { $0.penalty < $1.penalty }?.dark ?? dark
        }

        private func masked(_ mask: Int) -> Canvas {
            var canvas = self
            for row in 0..<size {
                for column in 0..<size where !isFixed[row * size + column] {
                    let isFlipped =
                        switch mask {
                        case 0: (row + column) % 2 == 0
                        case 1: row % 2 == 0
                        case 2: column % 3 == 0
                        case 3: (row + column) % 3 == 0
                        case 4: (row / 2 + column / 3) % 2 == 0
                        case 5: row * column % 2 + row * column % 3 == 0
                        case 6: (row * column % 2 + row * column % 3) % 2 == 0
                        default: ((row + column) % 2 + row * column % 3) % 2 == 0
                        }
                    if isFlipped { canvas.dark[row * size + column].toggle() }
                }
            }
            canvas.drawFormat(mask)
            return canvas
        }

        private var penalty: Int {
            var penalty = 0
            for isTurned in [false, true] {
                for line in 0..<size {
                    let run = (0..<size).map { isTurned ? dark[$0 * size + line] : dark[line * size + $0] }
                    penalty += Canvas.penalty(of: run)
                }
            }
            for row in 0..<size - 1 {
                for column in 0..<size - 1 {
                    let place = row * size + column
                    let four = [dark[place], dark[place + 1], dark[place + size], dark[place + size + 1]]
                    if Set(four).count == 1 { penalty += 3 }
                }
            }
            let share = 100 * dark.count(where: \.self) / dark.count
            return penalty + 10 * (abs(share - 50) / 5)
        }

        /// Five and more alike in a row, and what looks like a finder (Table 11).
        private static func penalty(of line: [Bool]) -> Int {
            var (penalty, run) = (0, 1)
            for place in 1...line.count {
                if place < line.count, line[place] == line[place - 1] {
                    run += 1
                } else {
                    if run >= 5 { penalty += run - 2 }
                    run = 1
                }
            }
            let finder = [true, false, true, true, true, false, true]
            for start in 0...line.count - 7 where Array(line[start..<start + 7]) == finder {
                let before = line[max(0, start - 4)..<start]
                let after = line[start + 7..<min(line.count, start + 11)]
                if !before.contains(true) || !after.contains(true) { penalty += 40 }
            }
            return penalty
        }
    }
}
