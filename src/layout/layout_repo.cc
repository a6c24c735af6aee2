#include "layout/layout_repo.h"
