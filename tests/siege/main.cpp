#define BOOST_TEST_MODULE siege
#include <boost/test/unit_test.hpp>
