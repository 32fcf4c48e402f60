// Package juhe is a client of Juhe's traffic violation service
// (全国违章直连查询, data id 256), which answers three questions:
//
//	Cities   which cities are open, and what each one asks for   (citys)
//	Prefix   which city a plate prefix such as 沪C belongs to    (carPre)
//	Query    which violations a vehicle has                      (query, paid)
//
// Three properties shape it:
//
// Every query costs money, sometimes also when it fails. So nothing is sent
// that cannot be right, nothing is ever sent twice – neither by this package
// nor by net/http below it – and every error says what is known about its
// charge ([ChargeOf]).
//
// The key and the driver's data are secrets. Query and Cities are POST forms,
// so that neither appears in a URL; the key is removed from every error; a
// [Query] and a [Result] mask themselves when printed.
//
// The answers vary more than the document of 2025-03-15 admits: arrays for
// objects, strings for numbers, null for anything. They are read leniently,
// except for one thing: an answer that is not clearly a list of violations is
// [ErrMalformed], never "no violations".
//
// The package needs the standard library only. Package juhetest next to it is
// a fake of the service.
package juhe
