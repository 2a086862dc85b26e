// Pictures, charts, HTML reports and text.
#pragma once

#include "scission/report/codecs.hpp"
#include "scission/report/report.hpp"
#include "scission/report/text.hpp"
