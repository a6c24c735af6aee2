#include "oci/digest.h"
