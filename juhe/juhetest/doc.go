// Package juhetest is a fake of Juhe's traffic violation service, as the
// document of 2025-03-15 and the public traces of real answers describe it:
//
//	srv := httptest.NewServer(juhetest.New())
//	client, err := juhe.New("demo-key", juhe.WithBaseURL(srv.URL+"/sweizhang"))
//
// It writes JSON and XML with code of its own and shares no type with package
// juhe, so that the two can disagree.
//
// # Vehicles
//
// Every plausible plate is a known car. How many violations it has, 0 to 30,
// and what they are follows from the seed and the plate; as time goes by a new
// one appears now and then and the oldest disappears, so that the same day
// always shows the same rows. Any digits of the right number are its digits.
// Except:
//
//	沪C12345    three violations, one of them decided but unpaid
//	苏E12345    none
//	粤BD12345   one (new energy, hpzl 52)
//	京A00000    thirty
//	…404        a plate that ends in 404 is unknown: 225607, free
//	…000000     digits that end in 000000 do not match: 225606, charged
//
// [Server.AddCar] adds a car that insists on its own digits. [Server.Happen]
// lets something new happen to any car, such as one of [Server.Asked].
//
// # The rule of a car
//
// is what carPre answers for its first two characters, with isNer=1 if it has
// eight: the rows of prefix_rules.csv, in which 京* stands for every prefix of
// the province. A query must name that row's city (or the province's row, where
// there is one) and give exactly as many characters as the row says; 0 means
// the whole number, at least six characters for an engine and 17 for a VIN.
// Anything else is 225606 and charged: that is what hurts in reality. What the
// rule does not ask for is ignored. An unknown city is 225605, a missing city
// or plate or an hpzl that does not exist 225608; both are free.
//
// [Server.Set] breaks things on demand, [Server.FailNext] just once, and
// [Server.Meter] counts what it cost.
package juhetest
