// Pictures, charts and HTML reports.
#pragma once

#include "scission/report/pictures.hpp"
#include "scission/report/report.hpp"
