// What the pages' decoder is beside zxing-cpp: a picture in, codes out, and what of the library is left out. `packaging/decoder` compiles it.
//
// Exceptions are off: the library throws where a symbol whose error correction is right says what its standard forbids, or is cut. Then
// the module traps, the worker takes a new one, and that picture has shown nothing.

#include "ReadBarcode.h"
#include "HRI.h"
#include "Utf.h"
#include "libzueci/zueci.h"

#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

using namespace ZXing;

namespace {
constexpr uint32_t largest = 4096 * 4096;   // pixels: a bound for what a page asks for
constexpr size_t answerLimit = 65536;       // bytes: eight symbols of 4296 characters and room for signs of several bytes
constexpr int symbols = 8;                  // in one picture
std::vector<uint8_t> picture;
std::vector<uint8_t> answer;
}

/// Where a picture of so many pixels is to be put, a byte of brightness each, row by row; null: too many.
extern "C" uint8_t* room(uint32_t pixels)
{
	if (pixels > largest)
		return nullptr;
	if (picture.size() < pixels)
		picture.resize(pixels);
	return picture.data();
}

/// Reads what `room` was filled with. Returns how many bytes `codes` has: for each code its AIM identifier (three characters, ISO/IEC 15424),
/// the length of its text (two bytes, the low one first) and its text (UTF-8; FNC1 between two elements is GS, 0x1D).
extern "C" uint32_t read(uint32_t width, uint32_t height)
{
	answer.clear();
	if (width == 0 || height == 0 || width > largest || height > largest || uint64_t(width) * height > picture.size())
		return 0;
	ReaderOptions options;
	options.setFormats(BarcodeFormat::QRCode | BarcodeFormat::DataMatrix | BarcodeFormat::Code128 | BarcodeFormat::EAN13
		| BarcodeFormat::EAN8 | BarcodeFormat::ITF);
	options.setTextMode(TextMode::Plain);
	options.setMaxNumberOfSymbols(symbols);
	for (const auto& code : ReadBarcodes(ImageView(picture.data(), int(width), int(height), ImageFormat::Lum), options)) {
		auto text = code.text();
		auto identifier = code.symbologyIdentifier();
		if (identifier.size() != 3 || text.empty() || text.size() > 0xFFFF || answer.size() + text.size() + 5 > answerLimit)
			continue;
		answer.insert(answer.end(), identifier.begin(), identifier.end());
		answer.push_back(uint8_t(text.size() & 0xFF));
		answer.push_back(uint8_t(text.size() >> 8));
		answer.insert(answer.end(), text.begin(), text.end());
	}
	return uint32_t(answer.size());
}

extern "C" const uint8_t* codes() { return answer.data(); }

// MARK: characters

// The library's tables of characters are larger than the rest of it. Labels of goods are in ASCII, Latin-1 or UTF-8; what says that it is in
// another set is read as Latin-1, byte for byte.
constexpr int utf8 = 26;

extern "C" int zueci_dest_len_utf8(const int eci, const unsigned char bytes[], const int count, const unsigned int, const unsigned int, int* length)
{
	*length = count;
	if (eci != utf8)
		for (int i = 0; i < count; ++i)
			*length += bytes[i] >> 7;
	return 0;
}

extern "C" int zueci_eci_to_utf8(
	const int eci, const unsigned char bytes[], const int count, const unsigned int, const unsigned int, unsigned char to[], int* length)
{
	auto* end = to;
	for (int i = 0; i < count; ++i)
		if (eci == utf8 || bytes[i] < 0x80)
			*end++ = bytes[i];
		else {
			*end++ = 0xC0 | bytes[i] >> 6;
			*end++ = 0x80 | (bytes[i] & 0x3F);
		}
	*length = int(end - to);
	return 0;
}

// MARK: what is left out

// What makes texts for people of what was read; here a program reads them. Theirs are locales and streams, a third of the module.
namespace ZXing {
std::string HRIFromGS1(std::string_view) { __builtin_trap(); }
std::string HRIFromISO15434(std::string_view) { __builtin_trap(); }
std::string EscapeNonGraphical(std::string_view) { __builtin_trap(); }
}

// Whoever throws, ends here.
extern "C" {
void* __cxa_allocate_exception(size_t) { __builtin_trap(); }
void __cxa_throw(void*, void*, void (*)(void*)) { __builtin_trap(); }
void __cxa_free_exception(void*) {}
void* __cxa_begin_catch(void*) { __builtin_trap(); }
void __cxa_end_catch() {}
int __cxa_thread_atexit(void (*)(void*), void*, void*) { return 0; }
void abort() { __builtin_trap(); }
}
